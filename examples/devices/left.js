// Warns in the last two minutes, and leaves when the time is over. The server's answer counts, and this clock only in
// between.
const WARNING = 120;
const warning = document.getElementById("left");
const time = warning.querySelector("output");
let end = 0;
let timer;

async function ask() {
  clearTimeout(timer);
  const reply = await fetch("/left").catch(() => null);
  if (!reply?.ok) {
    timer = setTimeout(ask, 10_000);
    return;
  }
  const left = Number(await reply.text());
  if (left <= 0) {
    location.assign("/login");
    return;
  }
  end = Date.now() + left * 1000;
  show();
}

function show() {
  const left = Math.round((end - Date.now()) / 1000);
  warning.hidden = left > WARNING;
  time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  if (left > WARNING) {
    timer = setTimeout(ask, Math.min(left - WARNING, 60) * 1000);
  } else if (left <= 0 || left % 10 === 0) {
    // Another tab may have stayed logged in.
    timer = setTimeout(ask, 1000);
  } else {
    timer = setTimeout(show, 1000);
  }
}

warning.querySelector("button").addEventListener("click", async () => {
  await fetch("/stay", { method: "POST" });
  ask();
});
// Timers sleep with a page that nobody sees.
addEventListener("focus", ask);
ask();
