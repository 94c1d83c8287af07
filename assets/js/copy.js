// Adds a copy button behind every element marked data-copy. Without script there is no dead button.
for (const holder of document.querySelectorAll("[data-copy]")) {
  const source = holder.querySelector("input, .value");
  if (!source || !navigator.clipboard) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button secondary";
  button.textContent = holder.dataset.copy;
  const name = source.getAttribute("aria-label") || holder.dataset.copyOf || "";
  if (name) button.setAttribute("aria-label", `${holder.dataset.copy}: ${name}`);
  const said = document.createElement("span");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    button.textContent = holder.dataset.copied;
    said.textContent = holder.dataset.copied;
    setTimeout(() => {
      button.textContent = holder.dataset.copy;
      said.textContent = "";
    }, 2000);
  });
  holder.append(button, said);
}
