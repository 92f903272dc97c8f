#!/usr/bin/env node
import { createRequire } from "node:module";
import * as ai from "ai";
import { createAlibaba, VERSION } from "@ai-sdk/alibaba";
import { run } from "../adapter.mjs";

const require = createRequire(import.meta.url);
const { dependencies } = require("./package.json");
const version = `${dependencies.ai} with ${VERSION}`;

run({ name: "AI SDK 6 with @ai-sdk/alibaba", version }, ai, createAlibaba, require("undici"));
