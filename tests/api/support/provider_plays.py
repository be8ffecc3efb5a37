"""What the stand-in provider plays: a play is a list of steps, or a short word for one that is made here.

Steps, each an object with one key:
  {"head": [status, {header: value}]}   the beginning of the reply; 200 of an event stream where it is left out
  {"data": text}                        bytes of its body, as they are
  {"await": name}                       until the test says {"go": name}
  {"end": null}                         the reply is complete; comes by itself behind the last step
  {"silence": null}                     nothing more, until the client goes
  {"cut": null}                         the connection breaks off
  {"refuse": null}                      HTTP/2: the stream is refused (REFUSED_STREAM)
  {"goaway": null}                      HTTP/2: the connection takes no more streams, this one included; those before it go on
  {"whole": [status, {header: value}, text]}   a whole reply with its length

Words: {"openai": [deltas], …}, {"anthropic": …}, {"gemini": …} stream an answer; "how" of them: see _stream.
"""
import json

STREAM = {"Content-Type": "text/event-stream"}


def _openai(deltas, usage, model, reasoning):
    def chunk(delta, finish=None):
        return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model,
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    events = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"reasoning": text}) for text in reasoning]
    events += [chunk({"content": text}) for text in deltas]
    events.append(chunk({}, "stop"))
    if usage:
        counted = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
        events.append({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": model, "choices": [], "usage": counted})
    return [("", json.dumps(event)) for event in events] + [("", "[DONE]")]


def _anthropic(deltas, usage, model, reasoning):
    prompt, completion = usage or (1, 1)
    events = [{"type": "message_start", "message": {"id": "msg_1", "role": "assistant", "content": [], "model": model,
                                                    "usage": {"input_tokens": prompt, "output_tokens": 1}}}]
    blocks = [("thinking", "thinking_delta", "thinking", reasoning)] if reasoning else []
    blocks.append(("text", "text_delta", "text", deltas))
    for index, (kind, delta, key, texts) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": {"type": kind, key: ""}})
        events.append({"type": "ping"})
        events += [{"type": "content_block_delta", "index": index, "delta": {"type": delta, key: text}} for text in texts]
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": completion}})
    events.append({"type": "message_stop"})
    return [(event["type"], json.dumps(event)) for event in events]


def _gemini(deltas, usage, model, reasoning):
    def part(text, **more):
        return {"candidates": [{"content": {"role": "model", "parts": [{"text": text, **more}]}, "index": 0}],
                "modelVersion": model}

    events = [part(text, thought=True) for text in reasoning] + [part(text) for text in deltas]
    last = {"candidates": [{"finishReason": "STOP", "index": 0}], "modelVersion": model}
    if usage:
        last["usageMetadata"] = {"promptTokenCount": usage[0], "candidatesTokenCount": usage[1],
                                 "totalTokenCount": sum(usage)}
    return [("", json.dumps(event)) for event in [*events, last]]


KINDS = {"openai": _openai, "anthropic": _anthropic, "gemini": _gemini}


def error(kind, message, code="server_error"):
    """An event that says that something went wrong, after a 200."""
    if kind == "anthropic":
        return "error", json.dumps({"type": "error", "error": {"type": code, "message": message}})
    if kind == "gemini":
        return "", json.dumps({"error": {"code": 500, "status": "INTERNAL", "message": message}})
    return "", json.dumps({"error": {"message": message, "type": code, "code": code}})


def _as_text(event, how):
    """One event on the wire."""
    name, data = event
    blank = "" if "no_blank" in how else " "
    lines = ([f"event:{blank}{name}"] if name else []) + [f"data:{blank}{data}", "", ""]
    return ("\r\n" if "crlf" in how else "\n").join(lines)


def _stream(kind, play):
    """`how` holds any of: crlf, no_blank, no_done (the last event is left out and the connection stays open), comment (one
    in front, as a proxy sends it), error_first, error_last (in place of the last delta and all behind it), one_piece (all
    events at once). Of "cut": n and "only": n there are only the first n events, and then the connection breaks
    off, or the reply is complete. `await` names a gate in front of the first event, `then` has steps behind the last."""
    how = play.get("how", [])
    events = KINDS[kind](play[kind], play.get("usage", [7, 3]), play.get("model", "tiny"), play.get("reasoning", []))
    if "no_done" in how and events[-1][1] == "[DONE]":
        events.pop()
    if "error_first" in how:
        events = [error(kind, "it broke")]
    if "error_last" in how:
        events = events[:len(play[kind])] + [error(kind, "it broke")]
    events = events[:play.get("cut", play.get("only"))]
    texts = [_as_text(event, how) for event in events]
    if "comment" in how:
        texts.insert(0, ": PROCESSING\n\n")
    steps = [{"data": text} for text in (["".join(texts)] if "one_piece" in how else texts)]
    if "await" in play:
        steps.insert(0, {"await": play["await"]})
    if "cut" in play:
        steps.append({"cut": None})
    elif "no_done" in how or "stays" in how:
        steps.append({"silence": None})
    return [{"head": [200, STREAM]}, *steps, *play.get("then", [])]


def _status(play):
    status, headers, body = (*play["status"], {}, None)[:3] if isinstance(play["status"], list) else (play["status"], {}, None)
    text = body if isinstance(body, str) else json.dumps(
        body or {"error": {"message": f"status {status}", "type": "error", "code": None}})
    return [{"whole": [status, {"Content-Type": "application/json", **(headers or {})}, text]}]


def steps_of(play):
    """The steps of a play or of a word for one."""
    if isinstance(play, list):
        return play
    for kind in KINDS:
        if kind in play:
            return _stream(kind, play)
    if "models" in play:
        listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in play["models"]]}
        return _status({"status": [200, {}, listed]})
    return _status(play)
