// esbuild puts what is imported into app.css.
declare module "*.css";
