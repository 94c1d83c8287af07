// Whoever fails with step 1 gets it once more, and then has to prove a second factor, too.
var onLoginRequest = function (context) {
    executeStep(1, {
        onFail: function (context) {
            Log.warn('step 1 failed, a second factor is demanded');
            executeStep(1, {
                onSuccess: function (context) {
                    executeStep(2);
                }
            });
        }
    });
};
