const count = document.getElementById("count");

count.addEventListener("click", () => {
  count.textContent = Number(count.textContent) + 1;
});
