/** `sightline observe`: Prometheus and Alertmanager beside the stack of this machine, until told to stop. */
import { Command } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import { runCommand, stopOrders, untilStopped } from '../../core/process/life.ts';
import { createLog } from '../../core/process/log.ts';
import { sayOn } from '../../core/process/step-log.ts';
import { findObservers } from '../cluster/observers.ts';
import { addressesIn, withRowStore } from '../stack/row-store.ts';
import { stackFrom } from '../stack/stack.ts';
import { observe } from './observe.ts';

export function observeCommand(): Command {
  return new Command('observe')
    .description('run Prometheus and Alertmanager beside the stack of this machine, until told to stop')
    .addHelpText('after', help)
    .action(() => runCommand(runObserve));
}

async function runObserve(): Promise<void> {
  const stack = stackFrom();
  const config = readConfig({ ...process.env, ...addressesIn(withRowStore(stack, {})) });
  const observers = findObservers();
  const { stop, hurry } = stopOrders();
  const say = sayOn();
  const log = createLog('observe', config.LOG_LEVEL);
  const observing = await observe({ stack, config, observers, say, log, signal: stop });
  process.stdout.write(`Prometheus is ready: ${observing.prometheus}\n`);
  process.stdout.write(`Alertmanager is ready: ${observing.alertmanager}\n`);
  try {
    await untilStopped(stop);
  } finally {
    await observing.stop(hurry);
  }
}

const help = `
Environment:
  PROMETHEUS_BIN, ALERTMANAGER_BIN   the programs (prometheus; prometheus-alertmanager or alertmanager)
  ALERTMANAGER_CONFIG                a configuration with receivers of your own (observe/rules/alertmanager.yml)
  OBSERVE_RULES                      a folder with rules of your own in place of observe/rules (*.rules.yml)
  OBSERVE_SCRAPE_SECONDS             how often everything is asked (10)
  SIGHTLINE_HOME, SIGHTLINE_STACK, SIGHTLINE_PORT_BASE_OFFSET   as for "sightline cluster"
  SIGHTLINE_PROMETHEUS_PORT, SIGHTLINE_ALERTMANAGER_PORT, SIGHTLINE_KAFKA_EXPORTER_PORT   one port each

Exit codes: 0 stopped, 2 usage, 5 a program is missing or a port is taken.`;
