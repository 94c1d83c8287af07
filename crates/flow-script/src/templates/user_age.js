// People below this age may not use the application; without a date of birth nobody may.
var least = 18;
var yearsSince = function (text) {
    var born = new Date(text);
    var now = new Date();
    var years = now.getUTCFullYear() - born.getUTCFullYear();
    var before = now.getUTCMonth() < born.getUTCMonth() ||
        (now.getUTCMonth() === born.getUTCMonth() && now.getUTCDate() < born.getUTCDate());
    return before ? years - 1 : years;
};
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            var birthdate = context.steps[1].subject.localClaims['http://wso2.org/claims/dob'];
            if (!birthdate || !(yearsSince(birthdate) >= least)) {
                sendError(null, { error: 'access_denied', error_description: 'You are too young for this application.' });
            }
        }
    });
};
