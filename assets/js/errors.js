// Moves the focus to the error summary, so that it is read first after a refused form.
document.querySelector(".error-summary")?.focus();
