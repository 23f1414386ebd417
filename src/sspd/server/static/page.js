"use strict";

// Sends one video, asks for its result until it is there, and shows it. Loads nothing.

const byId = (id) => document.getElementById(id);
const place = "/v1/measurements";
let current = null;

function headers(more) {
  const token = byId("token") ? byId("token").value.trim() : "";
  return token ? { ...more, Authorization: `Bearer ${token}` } : { ...more };
}

function say(text, wrong) {
  byId("said").textContent = text;
  byId("said").className = wrong ? "wrong" : "";
}

async function answer(response) {
  if (response.ok) return response;
  let detail = `the server answered ${response.status}`;
  try {
    detail = (await response.json()).detail || detail;
  } catch (error) {
    // not JSON: the status is all there is
  }
  throw new Error(detail);
}

function pause(seconds) {
  return new Promise((done) => setTimeout(done, 1000 * seconds));
}

function bar(share) {
  byId("progress").hidden = share === null;
  if (share !== null) byId("progress").value = share;
}

function line(text, kind) {
  const item = document.createElement("p");
  item.textContent = text;
  if (kind) item.className = kind;
  byId("result").append(item);
}

function show(told) {
  for (const one of told.results || []) {
    const known = one.hr_bpm !== null;
    line(known ? `${one.hr_bpm.toFixed(1)} beats per minute` : "No reliable pulse", "rate");
    if (one.confidence !== null) line(`confidence ${one.confidence.toFixed(2)}`);
    const breaths = one.respiration.breaths_per_minute;
    if (breaths !== null) line(`${breaths.toFixed(1)} breaths per minute`);
  }
  for (const words of told.advice) line(`${words.meaning} ${words.help}`);
  byId("files").hidden = !told.results;
}

async function measure(file) {
  byId("result").replaceChildren();
  byId("files").hidden = true;
  say("sending ...");
  bar(null);
  try {
    const kind = file.type.startsWith("video/") ? file.type : "application/octet-stream";
    const sent = await fetch(place, { method: "POST", body: file, headers: headers({ "Content-Type": kind }) });
    current = (await (await answer(sent)).json()).id;
    for (;;) {
      const asked = await fetch(`${place}/${current}`, { headers: headers() });
      const told = await (await answer(asked)).json();
      if (told.state === "queued") say("waiting ...");
      if (told.state === "running") {
        say(`measuring (${told.progress ? told.progress.phase : "beginning"}) ...`);
        bar(told.progress ? told.progress.done : 0);
      }
      if (told.state === "failed") throw new Error(told.reason);
      if (told.state === "done") {
        say("measured");
        show(told);
        break;
      }
      await pause(0.5);
    }
  } catch (error) {
    say(error.message, true);
  }
  bar(null);
}

async function save(name, file) {
  try {
    const got = await answer(await fetch(`${place}/${current}/${name}`, { headers: headers() }));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await got.blob());
    link.download = file;
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    say(error.message, true);
  }
}

const drop = byId("drop");
byId("file").addEventListener("change", (event) => {
  if (event.target.files.length) measure(event.target.files[0]);
});
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragenter" || name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) measure(event.dataTransfer.files[0]);
  });
}
byId("csv").addEventListener("click", () => save("csv", "result.csv"));
byId("report").addEventListener("click", () => save("report", "report.html"));
byId("waveform").addEventListener("click", () => save("waveform", "waveform.csv"));
