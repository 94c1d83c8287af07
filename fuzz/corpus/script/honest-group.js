// People of these groups prove a second factor; everybody else is done after step 1.
var groups = ['Administrators'];
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            if (isMemberOfAnyOfGroups(context.steps[1].subject, groups)) {
                executeStep(2);
            }
        }
    });
};
