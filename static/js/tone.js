// Short tones made on the spot; a browser allows them after the first gesture only.

const NOTES = {
  match: [[660, 0.09], [880, 0.14]],
  mismatch: [[196, 0.22], [147, 0.36]],
  alert: [[880, 0.16], [660, 0.16], [880, 0.24]],
  scan: [[990, 0.05]],
};
const GAP_S = 0.03;
const LOUDNESS = 0.18;

let context = null;

export async function allowSound() {
  context ??= new AudioContext();
  await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 200))]);
  return context.state === "running";
}

function playNote(frequency, start, seconds) {
  const [oscillator, gain] = [context.createOscillator(), context.createGain()];
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(LOUDNESS, start);
  gain.gain.exponentialRampToValueAtTime(0.001, start + seconds);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + seconds);
}

/** False when the browser still blocks sound. */
export async function play(name) {
  if (!(await allowSound())) return false;
  let start = context.currentTime;
  for (const [frequency, seconds] of NOTES[name]) {
    playNote(frequency, start, seconds);
    start += seconds + GAP_S;
  }
  return true;
}
