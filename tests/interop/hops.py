"""One task over three hops, each agent in a process of its own: the reference begins, Node and Deno sign on, a strict gate ends.

Every earlier hop is then tampered with, dropped and moved, and each time the end refuses with the code of that.
"""

import base64
import copy
import json

import environments
from comparison import Group
from programs import HERE, reference, run


def deno():
    """Where the pinned Deno lies."""
    module = json.dumps((environments.ROOT / "tests" / "runtimes" / "binaries.mjs").as_uri())
    script = f'import {{ binary }} from {module}; console.log(JSON.stringify(binary("Deno")))'
    return run(["node", "--input-type=module", "--eval", script])[0]


def agent(program, identity, registry, texts, to=None, form="0.4.0", strict=False):
    asked = {"identity": identity, "registry": registry, "texts": texts, "to": to, "form": form, "strict": strict}
    return run([*program, HERE / "hop.mjs"], json.dumps(asked))


def three_hops(environment, number, options):
    [begun] = reference(environment, "hop", options.seed * 10 + number)
    origin, node, second, last = begun["identities"]
    registry = {identity["id"]: identity["pem"] for identity in begun["identities"]}
    registry[origin["id"]] = {"keys": [{"public_key_pem": origin["pem"]}], "roots": ["read", "summarize"]}
    runtime = [deno(), "run", "--quiet", "--no-prompt", "--no-remote"]

    group = Group(f"{environment.name} → Node → Deno → strict gate")
    [one] = agent(["node"], node, registry, [begun["text"]], to=second["id"], form=environment.form)
    group.expect(one["code"] is None and one["runtime"] == "Node", {"id": "Node", "text": begun["text"]}, str(one))
    [two] = agent(runtime, second, registry, [one["next"]], to=last["id"], strict=True)
    group.expect(two["code"] is None and two["runtime"] == "Deno", {"id": "Deno", "text": one["next"]}, str(two))
    text = two["next"]
    # The reference knows no proof; it verifies the packet, and relays it without.
    [judged] = reference(environment, "judge", stdin=json.dumps({"id": "Node", "text": one["next"]}))
    holds = all(judged[step] is True for step in ("received", "bare", "relayed"))
    group.expect(holds, {"id": "Node", "text": one["next"]}, f"the reference says {judged}")

    changes = list(variants(text))
    end, *refused = agent(
        ["node"], last, registry, [text, *(json.dumps(changed) for _, changed, _, _ in changes)], strict=True
    )
    way = [(packet["from_agent"], packet["to_agent"]) for packet in end["packets"]]
    agents = [origin["id"], node["id"], second["id"], last["id"]]
    holds = (
        end["code"] is None
        and end["capabilities"] == 3
        and way == list(zip(agents, agents[1:]))
        and end["packets"][0]["packet_id"] == f"hop one {options.seed * 10 + number}"
        and len({one["pid"], two["pid"], end["pid"]}) == 3
    )
    group.expect(holds, {"id": "the end", "text": text}, str(end))
    yield group

    group = Group(f"{environment.name} → Node → Deno, one hop tampered with")
    for (name, changed, code, field), answer in zip(changes, refused, strict=True):
        holds = answer["code"] == code and (field is None or answer["field"] == field)
        group.expect(
            holds,
            {"id": name, "text": json.dumps(changed)},
            f"{answer['code']} at {answer['field']}, expected {code} at {field}",
        )
    yield group


def variants(text):
    """What a relay could make of the last envelope: name, envelope, the code it is refused with (None: accepted), the field."""

    def changed(act):
        envelope = json.loads(text)
        act(envelope, envelope["proof"]["packets"], envelope["chain"])
        return envelope

    yield "written again, nothing changed", changed(lambda *_: None), None, None
    for i in (0, 1):
        at = f"/proof/packets/{i}"
        for name, act in TAMPERING.items():
            yield f"hop {i}: {name}", changed(
                lambda _, packets, __, act=act, i=i: act(packets[i])
            ), "invalid_signature", at
        yield f"hop {i}: the other's signature", changed(
            lambda _, p, __, i=i: p[i].update(signature=p[1 - i]["signature"])
        ), "invalid_signature", at
        yield f"hop {i}: the last one's signature", changed(
            lambda e, p, _, i=i: p[i].update(signature=e["packet"]["signature"])
        ), "invalid_signature", at
        yield f"hop {i}: under another's key", changed(
            lambda e, p, _, i=i: p[i].update(public_key=e["packet"]["public_key"])
        ), "invalid_signature", at
        yield f"hop {i}: another sender", changed(
            lambda e, p, _, i=i: p[i].update(from_agent=e["packet"]["to_agent"])
        ), "chain_mismatch", "/chain/agents"
        yield f"hop {i}: another id", changed(
            lambda _, p, __, i=i: p[i].update(packet_id="x")
        ), "chain_mismatch", "/chain/packet_ids"
        yield f"hop {i}: dropped", changed(lambda _, p, __, i=i: p.pop(i)), "chain_mismatch", "/chain/packet_ids"
        yield f"hop {i}: dropped from the chain", changed(
            lambda _, __, c, i=i: (c["packet_ids"].pop(i), c["agents"].pop(i))
        ), "chain_mismatch", "/chain/packet_ids"
        # Without the first hop the rest proves itself, but never the depth that the last one signed.
        yield f"hop {i}: dropped from proof and chain", changed(
            lambda _, p, c, i=i: (p.pop(i), c["packet_ids"].pop(i), c["agents"].pop(i))
        ), "chain_unproven", "/chain"
        yield f"hop {i}: twice", changed(
            lambda _, p, __, i=i: p.insert(i, copy.deepcopy(p[i]))
        ), "chain_mismatch", "/chain/packet_ids"
        yield f"hop {i}: the last packet in its place", changed(
            lambda e, p, _, i=i: p.__setitem__(i, e["packet"])
        ), "chain_mismatch", "/chain/packet_ids"
        yield f"capability {i}: dropped", changed(lambda e, *_, i=i: e["proof"]["capabilities"].pop(i)), [
            "parent_missing",
            "capability_chain_invalid",
        ][i], "/packet/capability_token"
        yield f"capability {i}: tampered with", changed(
            lambda e, *_, i=i: flip(e["proof"]["capabilities"], i)
        ), "capability_signature_invalid", f"/proof/capabilities/{i}"
        yield f"capability {i}: the next one in its place", changed(
            lambda e, *_, i=i: e["proof"]["capabilities"].__setitem__(i, e["proof"]["capabilities"][i + 1])
        ), "capability_chain_invalid", "/packet/capability_token"
    yield "hops exchanged", changed(lambda _, p, __: p.reverse()), "chain_mismatch", "/chain/packet_ids"
    yield (
        "hops exchanged, in the chain too",
        changed(
            lambda _, p, c: (p.reverse(), c.update(packet_ids=swapped(c["packet_ids"]), agents=swapped(c["agents"])))
        ),
        "chain_mismatch",
        "/proof/packets/0",
    )
    yield "capabilities exchanged", changed(
        lambda e, *_: e["proof"].update(capabilities=swapped(e["proof"]["capabilities"]))
    ), "capability_chain_invalid", "/packet/capability_token"
    yield "no proof", changed(lambda e, *_: e.pop("proof")), "chain_unproven", "/chain"
    yield "no hops", changed(lambda e, p, _: p.clear()), "chain_mismatch", "/chain/packet_ids"
    yield (
        "no hops, in the chain either",
        changed(lambda _, p, c: (p.clear(), c.update(packet_ids=c["packet_ids"][2:], agents=c["agents"][2:]))),
        "chain_unproven",
        "/chain",
    )
    yield "no capabilities", changed(
        lambda e, *_: e["proof"].pop("capabilities")
    ), "parent_missing", "/packet/capability_token"
    yield "the packet itself", changed(lambda e, *_: e["packet"].update(intent="x")), "invalid_signature", None


TAMPERING = {
    "another intent": lambda packet: packet.update(intent="x"),
    "another nonce": lambda packet: packet.update(nonce="x"),
    "more permissions": lambda packet: packet["permissions"].update(max_tool_calls=None),
    "fewer permissions": lambda packet: packet["permissions"].update(allowed_actions=["read"]),
    "fewer constraints": lambda packet: packet.update(constraints=None),
    "a note in the context": lambda packet: packet["context"].update(x=1),
    "no AI provenance": lambda packet: packet.update(ai_provenance=None),
    "no capability": lambda packet: packet.update(capability_token=None),
    "another receiver": lambda packet: packet.update(to_agent="agent:x"),
    "another depth": lambda packet: packet["provenance"].update(delegation_depth=None),
}


def swapped(items):
    return [items[1], items[0], *items[2:]]


def flip(tokens, i):
    """Another number of tool calls, in the one canonical text of it."""
    fields = json.loads(base64.urlsafe_b64decode(tokens[i] + "=="))
    fields["delegated_permissions"]["max_tool_calls"] += 1
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    tokens[i] = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
