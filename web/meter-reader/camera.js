/** Looks through the camera until it has read a code. Nothing of what it sees is kept or leaves the phone. */

/** @import { Detector, ScanningWindow } from './contract.ts' */

const LOOK_EVERY_MS = 120;
/** Wide enough for the densest code on a bill, small enough for a slow phone. */
const LOOK_WIDTH = 800;

const scanning = /** @type {ScanningWindow} */ (globalThis);

/**
 * @param {HTMLVideoElement} video
 * @param {(text: string) => void} seen Called with each code in sight, until it is stopped.
 * @returns {Promise<() => void>} Stops looking and turns the camera off. Refused, with words, where there is no camera.
 */
export async function look(video, seen) {
  const stream = await openCamera();
  const decode = await createDecoder();
  let stopped = false;
  const stop = () => {
    stopped = true;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  const again = async () => {
    if (stopped) return;
    // A frame that cannot be read is as good as one without a code.
    const text = await decode(video).catch(() => undefined);
    if (stopped) return;
    if (text !== undefined && text !== '') seen(text);
    setTimeout(() => void again(), LOOK_EVERY_MS);
  };
  video.srcObject = stream;
  await video.play().catch(() => undefined);
  void again();
  return stop;
}

async function openCamera() {
  if (navigator.mediaDevices === undefined) throw new Error('This browser gives the page no camera.');
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } },
    });
  } catch (error) {
    const refused = error instanceof DOMException && error.name === 'NotAllowedError';
    throw new Error(
      refused
        ? 'The camera is not allowed for this page. Allow it in the browser’s settings, or type the short code.'
        : 'There is no camera that works. Type the short code.',
      { cause: error },
    );
  }
}

/** The browser's own reader where it has one for QR codes; jsQR, which comes with the page, elsewhere. */
async function createDecoder() {
  const formats = (await scanning.BarcodeDetector?.getSupportedFormats().catch(() => undefined)) ?? [];
  if (scanning.BarcodeDetector !== undefined && formats.includes('qr_code')) {
    return detectorOf(new scanning.BarcodeDetector({ formats: ['qr_code'] }));
  }
  return pictureReader();
}

/** @param {Detector} detector */
function detectorOf(detector) {
  /** @param {HTMLVideoElement} video */
  return async (video) => (await detector.detect(video))[0]?.rawValue;
}

function pictureReader() {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });

  /** @param {HTMLVideoElement} video */
  return async (video) => {
    const { videoWidth, videoHeight } = video;
    if (context === null || scanning.jsQR === undefined || videoWidth === 0) return undefined;
    const scale = Math.min(1, LOOK_WIDTH / videoWidth);
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    return scanning.jsQR(data, width, height, { inversionAttempts: 'dontInvert' })?.data;
  };
}
