// What a person does with a client that openapi-typescript has made: sign in, send a message with a file, fetch the file.
// node send_file.ts BASE_URL EMAIL PASSWORD; prints what came back.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.d.ts";

declare const process: { argv: string[] };

const SENT = "what a file holds\n";
const [baseUrl = "", email = "", password = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl });

function must<T>(answer: { data?: T; error?: components["schemas"]["Problem"]; response: Response }): T {
    if (answer.data === undefined) {
        throw new Error(`${answer.response.url}: ${answer.response.status} ${answer.error?.code}`);
    }
    return answer.data;
}

async function signIn(): Promise<string> {
    const answer = must(await client.POST("/auth/login", { body: { email, password } }));

    if (answer.requires_2fa) {
        throw new Error(`a second step: ${answer.methods.join(", ")}`);
    }
    return answer.tokens.access_token;
}

const headers = { Authorization: `Bearer ${await signIn()}` };
const workspace = must(await client.POST("/workspaces", { body: { name: "Clients" }, headers })).id;
const chat = must(
    await client.POST("/workspaces/{workspace}/chat", {
        params: { path: { workspace } },
        body: { title: "Files" },
        headers,
    }),
).id;
const message = must(
    await client.POST("/workspaces/{workspace}/chat/{chat}/message", {
        params: { path: { workspace, chat }, header: { "Idempotency-Key": crypto.randomUUID() } },
        body: { content: "A file comes along" },
        bodySerializer(body) {
            const form = new FormData();
            form.append("content", body && "content" in body ? (body.content ?? "") : "");
            form.append("files", new Blob([SENT]), "notes.txt");
            return form;
        },
        headers,
    }),
);
// One that is to be sent later has none.
const [file] = "attachments" in message ? message.attachments : [];
if (!file) {
    throw new Error("the message has no file");
}
const fetched = must(
    await client.GET("/attachments/{attachment}", {
        params: { path: { attachment: file.id } },
        parseAs: "text",
        headers,
    }),
);
if (fetched !== SENT) {
    throw new Error(`another file: ${fetched}`);
}
console.log(`${message.content}: ${file.filename}, ${file.size} bytes`);
