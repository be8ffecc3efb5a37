"""Writes NAME.expected beside each recording of an answer: what it says, read by Python's own json and nothing of ours.

The recordings are the bodies of real servers' replies, as they came: vLLM 0.32.0 and llama.cpp's llama-server, each with random
weights, so that the texts are noise, and the LiteLLM and Portkey gateways in front of a stub. The first line of an .expected file
is what test_wire.c compares with its own; calls, reasoning and text follow.
"""
import json
import pathlib

HERE = pathlib.Path(__file__).parent
# Replies that are errors: test_wire.c has the faults that they are.
ERRORS = {"litellm-error-badbody", "litellm-error-badkey", "litellm-error-nomodel", "litellm-error-notjson",
          "litellm-responses-stream", "llama-error-badfield", "llama-error-badjson", "llama-error-context",
          "llama-error-context-stream", "llama-error-nomessages", "llama-error-path", "llama-image-url",
          "portkey-chat-stream", "vllm-error-badfield", "vllm-error-badjson", "vllm-error-context",
          "vllm-error-context-stream", "vllm-error-maxtokens", "vllm-error-model", "vllm-error-nomessages",
          "vllm-error-path", "vllm-image-url", "vllm-tools-nostream"}
FINISH = {"stop": "stop", "length": "length", "tool_calls": "tools", "end_turn": "stop", "max_tokens": "length"}


class Answer:
    def __init__(self):
        self.text, self.reasoning, self.calls = "", "", {}
        self.finish, self.usage, self.ended = "none", None, False

    def usage_of(self, prompt, cached, completion, reasoning):
        self.usage = (prompt, cached, completion, reasoning)

    def openai(self, root):
        for choice in root.get("choices") or []:
            if choice["index"] != 0:
                continue
            delta = choice.get("delta") or choice.get("message") or {}
            self.text += delta.get("content") or ""
            self.reasoning += delta.get("reasoning") or delta.get("reasoning_content") or ""
            for n, call in enumerate(delta.get("tool_calls") or []):
                name, arguments = self.calls.get(call.get("index", n), ("", ""))
                function = call["function"]
                self.calls[call.get("index", n)] = (name + function.get("name", ""), arguments + function.get("arguments", ""))
            if choice.get("finish_reason"):
                self.finish = FINISH[choice["finish_reason"]]
        usage = root.get("usage")
        if usage:
            self.usage_of(usage["prompt_tokens"], (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0,
                          usage["completion_tokens"], (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0)

    def anthropic(self, root):
        if root["type"] == "message_start":
            usage = root["message"]["usage"]
            cached = usage.get("cache_read_input_tokens", 0)
            self.usage_of(usage["input_tokens"] + cached, cached, 0, 0)
        elif root["type"] == "content_block_delta":
            self.text += root["delta"]["text"]
        elif root["type"] == "message_delta":
            self.finish = FINISH[root["delta"]["stop_reason"]]
            self.usage_of(*self.usage[:2], root["usage"]["output_tokens"], 0)
        elif root["type"] == "message_stop":
            self.ended = True

    def lines(self):
        if self.finish == "none" and not self.ended:
            fault = "cut_off"
        else:
            fault = "none"
        usage = "/".join(map(str, self.usage)) if self.usage else "unknown"
        calls = "".join(f"call: {name} {arguments}\n" for name, arguments in self.calls.values())
        return f"finish: {self.finish}, fault: {fault}, usage: {usage}\n{calls}reasoning: {self.reasoning}\ntext: {self.text}\n"


def answer_of(path):
    answer, body = Answer(), path.read_bytes().decode("utf-8")
    read = answer.anthropic if "-messages-" in path.name else answer.openai
    if body.startswith("{"):
        read(json.loads(body))
        return answer
    for line in body.split("\n"):
        if line == "data: [DONE]":
            answer.ended = True
        elif line.startswith("data: "):
            read(json.loads(line[len("data: "):]))
    return answer


for recording in sorted(HERE.iterdir()):
    if not recording.suffix and recording.name not in ERRORS:
        text = answer_of(recording).lines().replace("\0", "\ufffd")
        recording.with_suffix(".expected").write_bytes(text.encode("utf-8"))
