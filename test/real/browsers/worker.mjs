import { Image } from "../../../dist/wandb-image.min.js";

self.onmessage = ({ data }) => {
  const { bytes } = new Image(data);
  self.postMessage(bytes, [bytes.buffer]);
};
