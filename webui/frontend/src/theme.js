// The theme "as the device" follows the device while the page is open.
const dark = matchMedia("(prefers-color-scheme: dark)");

dark.addEventListener("change", () => {
  const root = document.documentElement;
  if (root.dataset.theme === "auto") root.dataset.bsTheme = dark.matches ? "dark" : "light";
});
