var localAuthenticator = 'LOCAL';
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            var step = context.steps[1];
            if (step.idp == localAuthenticator) {
                executeStep(2); // MFA Step
            }
        }
    });
};

//# record
{"results": [{"step": 2, "call": "executeStep(2)", "outcome": {"how": "aborted"}}], "facts": {"session_exists": "no"}, "seed": 18446744073709551615, "started_at_ms": -9223372036854775808}