// People with one of these roles prove a second factor; everybody else is done after step 1.
var roles = ['owner'];
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            if (hasAnyOfTheRolesV2(context, roles)) {
                executeStep(2);
            }
        }
    });
};
