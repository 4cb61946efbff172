// What the "Module script" rows import.
export const greeting = "hello from another origin";
