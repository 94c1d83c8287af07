// Adds a Show button beside password fields marked data-reveal.
for (const holder of document.querySelectorAll("[data-reveal]")) {
  const input = holder.querySelector("input");
  if (!input) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button secondary";
  button.setAttribute("aria-controls", input.id);
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    button.textContent = visible ? holder.dataset.hide : holder.dataset.reveal;
    button.setAttribute("aria-pressed", String(visible));
    button.setAttribute("aria-label", visible ? holder.dataset.hideLabel : holder.dataset.revealLabel);
  };
  show(false);
  button.addEventListener("click", () => show(input.type === "password"));
  // Nobody's password stays readable in a form that is on its way or kept for the Back button.
  input.form?.addEventListener("submit", () => show(false));
  holder.append(button);
}
