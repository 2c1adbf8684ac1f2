#!/usr/bin/env python3
"""A model on loopback that follows a script, for the agents' command lines.

Speaks the four dialects they use: Anthropic messages, OpenAI responses, OpenAI
chat completions and Gemini. Asked for the first time with a shell among the
tools, it thinks aloud and calls the shell with --command; given the result, it
says --final. With --trouble it refuses instead, as a provider would.
Prints its address on the first line and serves until standard input closes.
"""

import argparse
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GATE_SECONDS_MAX = 120
THOUGHT = "Secret musing: nobody but me should read this."
SHELLS = ("Bash", "exec_command", "shell_command", "bash", "run_shell_command")
CHAT_USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 5},
}


def shell_among(names):
    """The shell tool that is offered, if one is."""
    return next((name for name in SHELLS if name in names), None)


class Turn:
    """What the script says next: a call of the shell, or the final words."""

    def __init__(self, script, names, answered):
        self.shell = None if answered else shell_among(names)
        self.command = script.command
        self.final = script.final
        if answered:
            script.held.set()
            script.gate.wait(GATE_SECONDS_MAX)

    def arguments(self):
        key = "cmd" if self.shell == "exec_command" else "command"
        return {key: self.command, "description": "what the script says"}


def messages(script, body):
    """Anthropic's dialect."""
    blocks = [
        block
        for message in body.get("messages", [])
        if isinstance(message.get("content"), list)
        for block in message["content"]
    ]
    answered = any(block.get("type") == "tool_result" for block in blocks)
    turn = Turn(script, {tool.get("name") for tool in body.get("tools", [])}, answered)
    usage = {
        "input_tokens": 100,
        "output_tokens": 1,
        "cache_creation_input_tokens": 7,
        "cache_read_input_tokens": 10,
    }
    thinking = {"type": "thinking", "thinking": THOUGHT, "signature": "c2ln"}
    if turn.shell:
        call = {"type": "tool_use", "id": "toolu_1", "name": turn.shell}
        said, reason = dict(call, input=turn.arguments()), "tool_use"
    else:
        said, reason = {"type": "text", "text": turn.final}, "end_turn"
    head = {
        "id": "msg_call" if turn.shell else "msg_final",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    if not body.get("stream"):
        return dict(head, content=[said], stop_reason=reason)
    wants_thought = body.get("thinking", {}).get("type") in ("enabled", "adaptive")
    events = [{"type": "message_start", "message": head}]
    for index, block in enumerate([thinking, said] if wants_thought else [said]):
        events += block_events(index, block)
    delta = {"stop_reason": reason, "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 20}})
    events.append({"type": "message_stop"})
    return [(event["type"], event) for event in events]


def block_events(index, block):
    """One block of a message, as it is streamed."""
    kind = block["type"]
    if kind == "tool_use":
        empty = dict(block, input={})
        text = json.dumps(block["input"])
        deltas = [{"type": "input_json_delta", "partial_json": text}]
    elif kind == "thinking":
        empty = {"type": kind, "thinking": "", "signature": ""}
        deltas = [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    else:
        empty = {"type": kind, "text": ""}
        deltas = [{"type": "text_delta", "text": block["text"]}]
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def responses(script, body):
    """OpenAI's responses dialect."""
    given = [item for item in body.get("input", []) if isinstance(item, dict)]
    answered = any(item.get("type", "").endswith("call_output") for item in given)
    names = {tool.get("name") or tool.get("type") for tool in body.get("tools", [])}
    turn = Turn(script, names, answered)
    thought = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": THOUGHT}],
        "encrypted_content": None,
    }
    if turn.shell:
        item = {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": turn.shell,
            "arguments": json.dumps(turn.arguments()),
        }
    else:
        text = {"type": "output_text", "text": turn.final}
        item = {"type": "message", "id": "m_1", "role": "assistant", "content": [text]}
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 10},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 120,
    }
    done = "response.output_item.done"
    end = {"id": "resp_1", "object": "response", "status": "completed", "output": [thought, item], "usage": usage}
    events = [
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": done, "output_index": 0, "item": thought},
        {"type": done, "output_index": 1, "item": item},
        {"type": "response.completed", "response": end},
    ]
    return [(event["type"], event) for event in events]


def chat(script, body):
    """OpenAI's chat dialect, as compatible servers speak it."""
    answered = any(message.get("role") == "tool" for message in body.get("messages", []))
    names = {tool["function"]["name"] for tool in body.get("tools", [])}
    turn = Turn(script, names, answered)
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": body.get("model")}
    if turn.shell:
        function = {"name": turn.shell, "arguments": json.dumps(turn.arguments())}
        call = {"index": 0, "id": "call_1", "type": "function", "function": function}
        delta, reason = {"tool_calls": [call]}, "tool_calls"
    else:
        delta, reason = {"content": turn.final}, "stop"
    thought = {"role": "assistant", "reasoning_content": THOUGHT}
    chunks = [({"index": 0, "delta": d, "finish_reason": r}) for d, r in ((thought, None), (delta, None), ({}, reason))]
    events = [dict(head, choices=[chunk]) for chunk in chunks]
    events.append(dict(head, choices=[], usage=CHAT_USAGE))
    return [(None, event) for event in events] + [(None, "[DONE]")]


def gemini(script, body, stream):
    """Gemini's dialect."""
    parts = [part for content in body.get("contents", []) for part in content.get("parts", [])]
    answered = any("functionResponse" in part for part in parts)
    names = {
        function["name"]
        for tool in body.get("tools", [])
        for function in tool.get("functionDeclarations", [])
    }
    turn = Turn(script, names, answered)
    if turn.shell:
        said = [{"functionCall": {"name": turn.shell, "args": turn.arguments()}}]
    else:
        middle = len(turn.final) // 2
        said = [{"text": turn.final[:middle]}, {"text": turn.final[middle:]}]
    usage = {
        "promptTokenCount": 100,
        "candidatesTokenCount": 20,
        "cachedContentTokenCount": 10,
        "thoughtsTokenCount": 5,
        "totalTokenCount": 125,
    }
    answers = []
    for part in [{"text": THOUGHT, "thought": True}] + said:
        content = {"role": "model", "parts": [part]}
        answers.append({"candidates": [{"content": content, "index": 0}]})
    answers[-1]["candidates"][0]["finishReason"] = "STOP"
    answers[-1]["usageMetadata"] = usage
    return [(None, answer) for answer in answers] if stream else answers[-1]


def refusal(path, trouble, reset):
    """Status, body and headers with which a provider refuses."""
    headers = {"x-should-retry": "false"}
    wait = max(1, reset - int(time.time()))
    if "/messages" in path:
        status, kind, text = {
            "quota": (429, "rate_limit_error", "This request would exceed your account's rate limit."),
            "login": (401, "authentication_error", "invalid x-api-key"),
            "overload": (529, "overloaded_error", "Overloaded"),
        }[trouble]
        if trouble == "quota":
            headers["retry-after"] = str(wait)
            headers["anthropic-ratelimit-unified-status"] = "rejected"
            headers["anthropic-ratelimit-unified-reset"] = str(reset)
            headers["anthropic-ratelimit-unified-representative-claim"] = "five_hour"
        return status, {"type": "error", "error": {"type": kind, "message": text}}, headers
    if "enerateContent" in path:
        status, kind, text = {
            "quota": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota. Please retry in 3600s."),
            "login": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            "overload": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        }[trouble]
        error = {"code": status, "message": text, "status": kind}
        if trouble == "quota":
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}],
                },
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3600s"},
            ]
        return status, {"error": error}, headers
    status, kind, text = {
        "quota": (429, "usage_limit_reached", "The usage limit has been reached"),
        "login": (401, "invalid_request_error", "Incorrect API key provided: wrong."),
        "overload": (503, "server_is_overloaded", "The server is overloaded."),
    }[trouble]
    error = {"message": text, "type": kind, "code": kind}
    if trouble == "quota":
        error |= {"plan_type": "plus", "resets_at": reset, "resets_in_seconds": wait}
        headers["retry-after"] = str(wait)
    return status, {"error": error}, headers


class Handler(BaseHTTPRequestHandler):
    """Answers one request after the script of its server."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, kind="application/json", status=200, headers=()):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self):
        self.answer(b"")

    def do_GET(self):
        self.answer(b'{"data":[],"models":[]}')

    def do_POST(self):
        script = self.server.script
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.loads(raw or b"{}")
        self.server.asked(self.path, body)
        if "count_tokens" in self.path:
            return self.answer(b'{"input_tokens":10}')
        if "countTokens" in self.path:
            return self.answer(b'{"totalTokens":10}')
        if script.trouble:
            status, said, headers = refusal(self.path, script.trouble, script.reset)
            return self.answer(json.dumps(said).encode(), status=status, headers=headers)
        if "/messages" in self.path:
            said = messages(script, body)
        elif "/responses" in self.path:
            said = responses(script, body)
        elif "chat/completions" in self.path:
            said = chat(script, body)
        elif "enerateContent" in self.path:
            said = gemini(script, body, "stream" in self.path)
        else:
            said = {}
        if isinstance(said, dict):
            return self.answer(json.dumps(said).encode())
        lines = []
        for name, event in said:
            text = event if isinstance(event, str) else json.dumps(event)
            lines.append((f"event: {name}\n" if name else "") + f"data: {text}\n\n")
        self.answer("".join(lines).encode(), "text/event-stream")


class Model(ThreadingHTTPServer):
    """The server of one script, on a port of its own."""

    daemon_threads = True

    def handle_error(self, *_):
        """A client that was stopped hangs up; nobody needs to know."""

    def __init__(self, script):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = script
        # While the gate is shut the final words wait, and `held` says that they do.
        script.gate, script.held = threading.Event(), threading.Event()
        script.gate.set()
        self.bodies = []

    def asked(self, path, body):
        self.bodies.append(json.dumps(body))
        if self.script.log:
            with open(self.script.log, "a", encoding="utf-8") as log:
                log.write(json.dumps({"path": path, "body": body}) + "\n")

    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


def arguments():
    """The script, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", default="true", help="what the shell is called with")
    parser.add_argument("--final", default="All done.", help="the last words")
    parser.add_argument("--trouble", choices=("quota", "login", "overload"))
    parser.add_argument("--reset", type=int, default=0, help="when the quota resets, in Unix seconds")
    parser.add_argument("--log", help="a file for the requests, one JSON object a line")
    return parser


def serve(model):
    """Serves beside what goes on here."""
    threading.Thread(target=model.serve_forever, daemon=True).start()


def main():
    model = Model(arguments().parse_args())
    serve(model)
    print(model.url(), flush=True)
    try:
        while input():
            pass
    except (EOFError, KeyboardInterrupt):
        pass


if __name__ == "__main__":
    main()
