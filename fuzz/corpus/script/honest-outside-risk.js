// A service of yours judges the sign-in; with a high risk, or without an answer, a second factor is asked for.
var service = 'https://risk.example.com/judge';
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            httpPost(service, { user: context.steps[1].subject.identifier, ip: context.request.ip }, {
                onSuccess: function (context, data) {
                    if (data.risk !== 'low') {
                        executeStep(2);
                    }
                },
                onFail: function (context) {
                    executeStep(2);
                },
                onTimeout: function (context) {
                    executeStep(2);
                }
            });
        }
    });
};
