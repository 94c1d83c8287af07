// A browser that this person has not used here before is asked for a second factor, and then known for 30 days.
var cookie = 'known_device';
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            var person = context.steps[1].subject.identifier;
            if (getCookieValue(context.request, cookie) === person) {
                return;
            }
            executeStep(2, {
                onSuccess: function (context) {
                    setCookie(context.response, cookie, person, { 'max-age': 30 * 24 * 3600 });
                }
            });
        }
    });
};
