// From these networks step 1 is enough; from everywhere else a second factor is asked for.
var trusted = ['192.0.2.', '198.51.100.'];
var isTrusted = function (ip) {
    return trusted.some(function (network) { return ip.indexOf(network) === 0; });
};
var onLoginRequest = function (context) {
    executeStep(1, {
        onSuccess: function (context) {
            if (!isTrusted(context.request.ip)) {
                executeStep(2);
            }
        }
    });
};
