const root = document.documentElement;
const isDark = () =>
  (root.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

document.querySelector("#theme").addEventListener("click", () => {
  root.style.colorScheme = isDark() ? "light" : "dark";
});

for (const button of document.querySelectorAll("button.copy")) {
  const text = button.parentElement.querySelector("code");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch { // a page within a page may not write: what is selected can be copied by hand
      getSelection().selectAllChildren(text);
      button.textContent = "Selected";
    }
  });
}

for (const button of document.querySelectorAll("button.enlarge")) {
  button.addEventListener("click", () => {
    const isLarge = button.closest("figure").classList.toggle("large");
    button.textContent = isLarge ? "Fit to screen" : "Enlarge";
  });
}

// A sound that stands on the page several times is in the file once.
for (const link of document.querySelectorAll("a.again")) {
  const player = document.querySelector(link.hash).cloneNode();
  player.removeAttribute("id");
  player.ariaLabel = link.ariaLabel;
  link.parentElement.replaceWith(player);
}

addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
