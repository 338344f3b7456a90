import { describe, expect, test } from '@jest/globals';
import { isAllowedHost } from './allowed-host.ts';

describe('isAllowedHost', () => {
  test('a name stands for itself, whatever its case and its final dot', () => {
    expect(isAllowedHost('Registry.Example.org.', ['registry.example.org'])).toBe(true);
    expect(isAllowedHost('evil-registry.example.org', ['registry.example.org'])).toBe(false);
  });

  test('a star stands for names below, never for the name itself or one that merely ends so', () => {
    expect(isAllowedHost('a.b.example.org', ['*.example.org'])).toBe(true);
    expect(isAllowedHost('example.org', ['*.example.org'])).toBe(false);
    expect(isAllowedHost('notexample.org', ['*.example.org'])).toBe(false);
  });
});
