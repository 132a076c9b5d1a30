// Bundlers' own types have this (`vite/client`, for instance).
declare module '*.css'
