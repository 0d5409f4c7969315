// Starts the page: reads where it runs, and then follows who is signed in.

import "./design/base.css";
import { mount } from "svelte";
import App from "./app/App.svelte";
import { start } from "./app/start";
import { loadWords } from "./state/language.svelte";
import { Page } from "./state/page.svelte";
import { keepForOffline } from "./state/updates.svelte";
import { showTheme } from "./state/theme.svelte";

const page = new Page();
showTheme();
const started = start(page);
await loadWords();
mount(App, { target: document.body, props: { page } });
await started;
void keepForOffline();
