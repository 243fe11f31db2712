// A sheet to print: the button, and Ctrl P as everywhere.
document.querySelector("[data-prints]")?.addEventListener("click", () => print());
