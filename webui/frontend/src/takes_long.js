// A form whose answer takes long says so as soon as it is sent, at the button that was pressed.
//   <form data-takes-long="This may take a minute or two. Leave the page open.">
document.addEventListener("submit", event => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || !form.dataset.takesLong || form.querySelector(".takes-long")) return;
  submitter?.classList.add("btn-loading");
  const said = document.createElement("p");
  said.className = "takes-long quiet mb-3";
  said.setAttribute("role", "status");
  form.append(said);
  said.textContent = form.dataset.takesLong;
});

// A page that is come back to by the browser's button has nothing under way.
addEventListener("pageshow", event => {
  if (!event.persisted) return;
  for (const said of document.querySelectorAll(".takes-long")) said.remove();
  for (const button of document.querySelectorAll(".btn-loading")) button.classList.remove("btn-loading");
});
