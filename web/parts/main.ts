// Shows every part in every state; ?ko: in Korean.

import "../src/design/base.css";
import { mount } from "svelte";
import { loadMembersWords, speak } from "../src/state/language.svelte";
import { Page } from "../src/state/page.svelte";
import Parts from "./Parts.svelte";

const language = location.search === "?ko" ? "ko" : "en";
await speak(language);
await loadMembersWords();
mount(Parts, { target: document.body, props: { page: new Page(), language } });
