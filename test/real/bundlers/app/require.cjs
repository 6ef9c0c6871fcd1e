const wandb = require("wandb-image");
const encoders = require("wandb-image/encode");
const { answer } = require("./answer.mjs");

console.log(answer(wandb, encoders));
