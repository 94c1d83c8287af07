// After step 1 people prove a passkey; whoever has none sets one up on the way.
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            executeStep(2, {
                authenticatorParams: { local: { FIDOAuthenticator: { enrolUserInAuthenticationFlow: 'true' } } }
            }, {});
        }
    });
};
