// Puts what comes from the server in its place; a part that has not changed does not come.
(() => {
  const events = new EventSource("events"), lost = document.getElementById("lost");
  const called = document.title;
  const call = () => document.title =
    [...document.querySelectorAll("[data-title]")].map(run => run.dataset.title + " · ").join("") + called;
  call();
  for (const part of document.querySelectorAll("[data-live]")) {
    events.addEventListener(part.id, event => {
      if (part.innerHTML === event.data) return;
      part.innerHTML = event.data;
      call();
      document.dispatchEvent(new Event("drawn"));
    });
  }
  events.onopen = () => lost.hidden = true;
  events.onerror = () => lost.hidden = false;
})();
