// The application says how sure it wants to be: with acr2 a second factor is asked for.
var levels = ['acr2', 'acr1'];
var onLoginRequest = function (context) {
    context.selectedAcr = selectAcrFrom(context, levels);
    executeStep(1, {
        onSuccess: function (context) {
            if (context.selectedAcr === 'acr2') {
                executeStep(2);
            }
        }
    });
};
