// Dragging a booking leads to the page that confirms the move, with what stands against it; the same page without this script is
// behind "Move". A click on empty time begins a new booking there.
const ROW = 5, STEP = 15;
const plan = document.getElementById("live");
let dragged = null, grip = 0;

function prepare() {
  for (const link of plan.querySelectorAll("[data-move]")) link.draggable = true;
}

function minuteAt(column, y) {
  const rows = parseFloat(getComputedStyle(column).gridAutoRows) || ROW;
  const minutes = (y - column.getBoundingClientRect().top) / rows * 5;
  return column.dataset.first * 60 + Math.max(0, Math.round(minutes / STEP) * STEP);
}

function clock(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

function go(address, values) {
  const target = new URL(address, location.href);
  for (const [name, value] of Object.entries(values)) target.searchParams.set(name, value);
  location.href = target;
}

plan.addEventListener("dragstart", (event) => {
  const link = event.target.closest("[data-move]");
  if (!link) return;
  dragged = link;
  grip = event.clientY - link.getBoundingClientRect().top;
  link.parentElement.classList.add("dragging");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/uri-list", link.href);
});
plan.addEventListener("dragend", () => {
  dragged?.parentElement.classList.remove("dragging");
  plan.querySelector(".drop")?.classList.remove("drop");
  dragged = null;
});
plan.addEventListener("dragover", (event) => {
  const place = dragged && event.target.closest("[data-day]");
  if (!place) return;
  event.preventDefault();
  if (!place.classList.contains("drop")) {
    plan.querySelector(".drop")?.classList.remove("drop");
    place.classList.add("drop");
  }
});
plan.addEventListener("drop", (event) => {
  const place = dragged && event.target.closest("[data-day]");
  if (!place) return;
  event.preventDefault();
  const values = { date: place.dataset.day, staff: place.dataset.staff };
  // On a grid the height says the time; in the table of a week only day and person change.
  values.time = place.dataset.first ? clock(minuteAt(place, event.clientY - grip)) : dragged.dataset.time;
  go(dragged.dataset.move, values);
});
plan.addEventListener("click", (event) => {
  const column = event.target;
  if (!column.matches("ol.col[data-new]") || getComputedStyle(column).display !== "grid") return;
  go(column.dataset.new, { date: column.dataset.day, staff: column.dataset.staff, time: clock(minuteAt(column, event.clientY)) });
});
plan.addEventListener("renewed", prepare);
prepare();
