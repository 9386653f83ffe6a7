// Answers under the search box: arrows walk them, Escape closes them, and what comes late stays closed.
const box = document.querySelector(".search-box");
const list = document.getElementById("suggestions");

const links = () => list.hidden ? [] : [...list.querySelectorAll("a")];

function move(by) {
  const all = links();
  const at = all.indexOf(document.activeElement) + by;
  (at < 0 ? document.getElementById("search") : all[Math.min(at, all.length - 1)])?.focus();
}

box?.addEventListener("keydown", event => {
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Escape") {
    list.hidden = true;
    document.getElementById("search").focus();
  } else return;
  event.preventDefault();
});

document.addEventListener("click", event => {
  if (box && !event.target.closest(".search-box")) list.hidden = true;
});
box?.addEventListener("input", () => { list.hidden = false; });
