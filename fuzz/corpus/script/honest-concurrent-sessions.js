// Whoever is signed in in too many places already proves a second factor before the next one.
var most = 3;
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            var sessions = getUserSessions(context.steps[1].subject);
            if (sessions.length >= most) {
                executeStep(2);
            }
        }
    });
};
