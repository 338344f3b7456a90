import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fixedPorts, freePorts } from './ports.ts';

describe('the ports of a stack', () => {
  test('are the documented ones unless the environment names others', async () => {
    const ports = await fixedPorts({ LOOM_API_PORT: '4999', LOOM_HUB_PORT: '' }, []);
    expect(ports).toEqual({
      api: 4999,
      hub: 4710,
      connectors: 4720,
      temporal: 4730,
      temporalUi: 4731,
      postgres: 4740,
      nats: 4750,
    });
  });

  test('are named with their variable when another program holds them', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(fixedPorts({ LOOM_NATS_PORT: String(port) }, ['nats'])).rejects.toMatchObject({
      message: `A port is taken by another program: ${port} (nats)`,
      next: expect.stringContaining('LOOM_NATS_PORT'),
    });
    await expect(fixedPorts({ LOOM_NATS_PORT: String(port) }, [])).resolves.toMatchObject({ nats: port });
    server.close();
  });

  test('are refused when they are no ports', async () => {
    await expect(fixedPorts({ LOOM_API_PORT: '70000' }, [])).rejects.toThrow('LOOM_API_PORT');
  });

  test('are all different when any will do', async () => {
    const ports = Object.values(await freePorts());
    expect(new Set(ports).size).toBe(7);
    expect(ports.every((port) => port > 1024 && port < 32_768)).toBe(true);
  });
});
