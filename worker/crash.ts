/** Test only: the process kills itself at a named step, as hard as a power cut. Production refuses the variable (config.ts). */
export function createCrash(killAt: string | undefined): (step: string) => void {
  if (killAt === undefined) return () => undefined;
  return (step) => {
    if (step === killAt) process.kill(process.pid, 'SIGKILL');
  };
}
