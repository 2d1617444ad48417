#!/usr/bin/env node
// stage-room.mjs ROOM FOLDER: copies what an image of the room needs: its compiled code and the production
// dependencies that package-lock.json says it has, without other platforms' binaries. `docker build` then needs no network.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const [room, target] = process.argv.slice(2);
if (room === undefined || target === undefined) {
  console.error('Usage: stage-room.mjs ROOM FOLDER');
  process.exit(2);
}

const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));

/** Node's own search: the package's node_modules, then those of the folders above it. */
function resolve(from, name) {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const place = path.posix.join(folder === '.' ? '' : folder, 'node_modules', name);
    if (place in packages) return place;
    if (folder === '.' || folder === '') return undefined;
  }
}

function isForThisPlatform({ os, cpu, libc }) {
  const fits = (list, value) => list === undefined || list.includes(value);
  return fits(os, 'linux') && fits(cpu, process.arch) && fits(libc, 'glibc');
}

const onlyForCompilers = /^(typescript$|@types\/)/;

function neededPeers({ peerDependencies = {}, peerDependenciesMeta = {} }) {
  return Object.fromEntries(Object.entries(peerDependencies).filter(([name]) => !peerDependenciesMeta[name]?.optional));
}

/** Every package that the room can reach in production: lock path -> lock entry. */
function reachable(start) {
  const found = new Map();
  const queue = [start];
  while (queue.length > 0) {
    const place = queue.pop();
    const entry = packages[place];
    const optional = { ...entry.optionalDependencies, ...neededPeers(entry) };
    for (const name of Object.keys({ ...entry.dependencies, ...optional })) {
      if (onlyForCompilers.test(name)) continue;
      const link = resolve(place, name);
      const needed = name in (entry.dependencies ?? {}) && !(name in optional);
      if (link === undefined || !existsSync(path.join(root, link))) {
        if (needed)
          throw new Error(`${name}, which ${place} needs, is not installed: run toolchain/install.sh node_modules`);
        continue;
      }
      const real = packages[link].link ? packages[link].resolved : link;
      if (found.has(link) || !isForThisPlatform(packages[real])) continue;
      found.set(link, real);
      queue.push(real);
    }
  }
  return found;
}

const notNeeded = /\.(d\.[cm]?ts|map|tsbuildinfo|md)$|\.test\.js$/;
const otherPlatforms =
  /\/onnxruntime-node\/bin\/napi-v\d+\/(?!linux(\/|$))|\/onnxruntime-node\/bin\/napi-v\d+\/linux\/(?!ARCH)/;
const otherBinaries = new RegExp(otherPlatforms.source.replace('ARCH', process.arch));

function copyPackage(from, to) {
  const source = path.join(root, from);
  cpSync(source, path.join(target, to), {
    recursive: true,
    filter: (file) =>
      !file.slice(source.length).includes('/node_modules') && !notNeeded.test(file) && !otherBinaries.test(file),
  });
}

function copyWorkspace(name, to) {
  for (const part of ['package.json', 'dist']) {
    const source = path.join(root, name, part);
    if (!existsSync(source)) throw new Error(`${name}/${part} is missing: run make build`);
    cpSync(source, path.join(target, to, part), {
      recursive: true,
      filter: (file) => !notNeeded.test(file) && !/\/dist\/(.*\/)?fixtures(\/|$)/.test(file),
    });
  }
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
copyWorkspace(room, room);
for (const [link, real] of reachable(room)) {
  if (link === real) copyPackage(real, link);
  else copyWorkspace(real, link);
}
