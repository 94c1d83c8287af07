// Only people with an address on one of these domains may use the application.
var domains = ['example.com'];
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            var address = context.steps[1].subject.claims['http://wso2.org/claims/emailaddress'] || '';
            if (domains.indexOf(address.split('@').pop().toLowerCase()) < 0) {
                sendError(null, { error: 'access_denied', error_description: 'This application is for our own people.' });
            }
        }
    });
};
