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
{"results": [{"step": 1, "call": "", "outcome": {"how": "succeeded", "idp": "LOCAL", "authenticator": "BasicAuthenticator", "subject": {"unique_id": "u1", "username": "ann", "is_local": true, "groups": ["hr"], "local_claims": {"email": ["ann@example.org"]}}}}]}