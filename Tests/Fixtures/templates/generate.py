#!/usr/bin/env python3
"""Writes golden.json and turns.json: what transformers' apply_chat_template makes of conversations, by the chat templates
that the models' authors published. turns.json has rows of several turns in a row, of tools and of weights; `text` is null
where the template raises an exception.

    pip install transformers jinja2
    python generate.py
"""
import json, pathlib
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).resolve().parent
ALTERNATION = "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"

LLAMA_2 = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
    "{% set system_message = messages[0]['content'] %}"
    "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
    "{% for message in loop_messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}" + ALTERNATION + "{% endif %}"
    "{% if loop.index0 == 0 and system_message != false %}"
    "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}"
    "{% endfor %}")

LLAMA_3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
    "+ message['content'] | trim + '<|eot_id|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}")

GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}" + ALTERNATION + "{% endif %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}"
    "{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}")

GEMMA_3 = (
    "{{ bos_token }}\n{%- if messages[0]['role'] == 'system' -%}\n"
    "    {%- if messages[0]['content'] is string -%}\n"
    "        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}\n"
    "    {%- else -%}\n"
    "        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}\n"
    "    {%- endif -%}\n    {%- set loop_messages = messages[1:] -%}\n{%- else -%}\n"
    "    {%- set first_user_prefix = \"\" -%}\n    {%- set loop_messages = messages -%}\n{%- endif -%}\n"
    "{%- for message in loop_messages -%}\n"
    "    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}\n        " + ALTERNATION + "\n"
    "    {%- endif -%}\n"
    "    {%- if (message['role'] == 'assistant') -%}\n        {%- set role = \"model\" -%}\n    {%- else -%}\n"
    "        {%- set role = message['role'] -%}\n    {%- endif -%}\n"
    "    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else \"\") }}\n"
    "    {%- if message['content'] is string -%}\n        {{ message['content'] | trim }}\n"
    "    {%- elif message['content'] is iterable -%}\n        {%- for item in message['content'] -%}\n"
    "            {%- if item['type'] == 'image' -%}\n                {{ '<start_of_image>' }}\n"
    "            {%- elif item['type'] == 'text' -%}\n                {{ item['text'] | trim }}\n"
    "            {%- endif -%}\n        {%- endfor -%}\n    {%- else -%}\n"
    "        {{ raise_exception(\"Invalid content type\") }}\n    {%- endif -%}\n"
    "    {{ '<end_of_turn>\n' }}\n{%- endfor -%}\n"
    "{%- if add_generation_prompt -%}\n    {{'<start_of_turn>model\n'}}\n{%- endif -%}\n")

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>'"
    " + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")

MISTRAL = (
    "{%- if messages[0]['role'] == 'system' %}\n    {%- set system_message = messages[0]['content'] %}\n"
    "    {%- set loop_messages = messages[1:] %}\n{%- else %}\n    {%- set loop_messages = messages %}\n{%- endif %}\n\n"
    "{{- bos_token }}\n{%- for message in loop_messages %}\n"
    "    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\n        " + ALTERNATION + "\n    {%- endif %}\n"
    "    {%- if message['role'] == 'user' %}\n        {%- if loop.first and system_message is defined %}\n"
    "            {{- ' [INST] ' + system_message + '\\n\\n' + message['content'] + ' [/INST]' }}\n        {%- else %}\n"
    "            {{- ' [INST] ' + message['content'] + ' [/INST]' }}\n        {%- endif %}\n"
    "    {%- elif message['role'] == 'assistant' %}\n        {{- ' ' + message['content'] + eos_token}}\n    {%- else %}\n"
    "        {{- raise_exception('Only user and assistant roles are supported!') }}\n    {%- endif %}\n{%- endfor %}\n")

# The templates that v0.1 and v0.2 were published with at first: no system, other spaces.
MISTRAL_FIRST = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}" + ALTERNATION + "{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token%GAP% }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}")

# What v0.3 makes of tools is left out: raise_exception stands there.
MISTRAL_3 = (
    "{%- if messages[0][\"role\"] == \"system\" %}\n    {%- set system_message = messages[0][\"content\"] %}\n"
    "    {%- set loop_messages = messages[1:] %}\n{%- else %}\n    {%- set loop_messages = messages %}\n{%- endif %}\n"
    "{%- set ns = namespace() %}\n{%- set ns.index = 0 %}\n{%- for message in loop_messages %}\n"
    "    {%- if not (message.role == \"tool\" or (message.tool_calls is defined and message.tool_calls is not none)) %}\n"
    "        {%- if (message[\"role\"] == \"user\") != (ns.index % 2 == 0) %}\n            " + ALTERNATION + "\n"
    "        {%- endif %}\n        {%- set ns.index = ns.index + 1 %}\n    {%- endif %}\n{%- endfor %}\n\n"
    "{{- bos_token }}\n{%- for message in loop_messages %}\n    {%- if message[\"role\"] == \"user\" %}\n"
    "        {%- if loop.last and system_message is defined %}\n"
    "            {{- \"[INST] \" + system_message + \"\\n\\n\" + message[\"content\"] + \"[/INST]\" }}\n        {%- else %}\n"
    "            {{- \"[INST] \" + message[\"content\"] + \"[/INST]\" }}\n        {%- endif %}\n"
    "    {%- elif message.tool_calls is defined and message.tool_calls is not none %}\n"
    "        {{- raise_exception(\"tools\") }}\n"
    "    {%- elif message[\"role\"] == \"assistant\" %}\n        {{- \" \" + message[\"content\"]|trim + eos_token}}\n"
    "    {%- else %}\n        {{- raise_exception(\"Only user and assistant roles are supported!\") }}\n"
    "    {%- endif %}\n{%- endfor %}\n")

# The branch for a list of tools is left out.
QWEN_25 = (
    "{%- if messages[0]['role'] == 'system' %}\n"
    "    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}\n{%- endif %}\n"
    "{%- for message in messages %}\n"
    "    {%- if (message.role == \"user\") or (message.role == \"system\" and not loop.first) or"
    " (message.role == \"assistant\" and not message.tool_calls) %}\n"
    "        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n"
    "    {%- elif message.role == \"assistant\" %}\n        {{- '<|im_start|>' + message.role }}\n"
    "        {%- if message.content %}\n            {{- '\\n' + message.content }}\n        {%- endif %}\n"
    "        {%- for tool_call in message.tool_calls %}\n            {%- if tool_call.function is defined %}\n"
    "                {%- set tool_call = tool_call.function %}\n            {%- endif %}\n"
    "            {{- '\\n<tool_call>\\n{\"name\": \"' }}\n            {{- tool_call.name }}\n"
    "            {{- '\", \"arguments\": ' }}\n            {{- tool_call.arguments | tojson }}\n"
    "            {{- '}\\n</tool_call>' }}\n        {%- endfor %}\n        {{- '<|im_end|>\\n' }}\n"
    "    {%- elif message.role == \"tool\" %}\n"
    "        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != \"tool\") %}\n"
    "            {{- '<|im_start|>user' }}\n        {%- endif %}\n        {{- '\\n<tool_response>\\n' }}\n"
    "        {{- message.content }}\n        {{- '\\n</tool_response>' }}\n"
    "        {%- if loop.last or (messages[loop.index0 + 1].role != \"tool\") %}\n            {{- '<|im_end|>\\n' }}\n"
    "        {%- endif %}\n    {%- endif %}\n{%- endfor %}\n"
    "{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n")

# The system's turn with its dates, and built-in tools, are left out.
LLAMA_31 = (
    "{{- bos_token }}\n{%- for message in messages %}\n"
    "    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}\n"
    "        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim +"
    " '<|eot_id|>' }}\n    {%- elif 'tool_calls' in message %}\n"
    "        {%- if not message.tool_calls|length == 1 %}\n"
    "            {{- raise_exception(\"This model only supports single tool-calls at once!\") }}\n        {%- endif %}\n"
    "        {%- set tool_call = message.tool_calls[0].function %}\n"
    "        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}\n"
    "        {{- '{\"name\": \"' + tool_call.name + '\", ' }}\n        {{- '\"parameters\": ' }}\n"
    "        {{- tool_call.arguments | tojson }}\n        {{- \"}\" }}\n        {{- \"<|eot_id|>\" }}\n"
    "    {%- elif message.role == \"tool\" or message.role == \"ipython\" %}\n"
    "        {{- \"<|start_header_id|>ipython<|end_header_id|>\\n\\n\" }}\n"
    "        {%- if message.content is mapping or message.content is iterable %}\n"
    "            {{- message.content | tojson }}\n        {%- else %}\n            {{- message.content }}\n"
    "        {%- endif %}\n        {{- \"<|eot_id|>\" }}\n    {%- endif %}\n{%- endfor %}\n"
    "{%- if add_generation_prompt %}\n    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}\n{%- endif %}\n")

# Name in data.template, the source, the marks, and whether the source takes a system's turn.
TEMPLATES = [
    ("llama-2", "Llama-2-Chat", LLAMA_2, "<s>", "</s>", True),
    ("llama-3", "Llama-3-Instruct", LLAMA_3, "<|begin_of_text|>", "<|eot_id|>", True),
    ("gemma", "Gemma, Gemma 2", GEMMA, "<bos>", "<eos>", False),
    ("gemma", "Gemma 3", GEMMA_3, "<bos>", "<eos>", True),
    ("chatml", "ChatML", CHATML, "", "<|im_end|>", True),
    ("mistral", "Mistral-7B-Instruct v0.1, v0.2", MISTRAL, "<s>", "</s>", True),
    # In a text that ends with an answer this template leaves the system out: turns.json compares prompts.
    ("mistral-v3", "Mistral-7B-Instruct v0.3", MISTRAL_3, "<s>", "</s>", False),
]

# Those whose text depends on the model's folder.
VARIANTS = TEMPLATES + [
    ("mistral", "Mistral-7B-Instruct v0.1 at first", MISTRAL_FIRST.replace("%GAP%", " + ' '"), "<s>", "</s>", False),
    ("mistral", "Mistral-7B-Instruct v0.2 at first", MISTRAL_FIRST.replace("%GAP%", ""), "<s>", "</s>", False),
    ("chatml", "Qwen2.5", QWEN_25, "", "<|im_end|>", True),
    ("llama-3", "Llama 3.1", LLAMA_31, "<|begin_of_text|>", "<|eot_id|>", True),
]

SYSTEM = ("system", " Be brief.\nVery. ")
FIRST = [("user", "<image>\nWhat is in this picture? 😀"), ("assistant", "Une pomme, là-bas.")]
SPACED = [("user", "\n  <image> <image>\nThe same?\u00a0\t"), ("assistant", " \x1fNo \u2003\n")]
LAST = [("user", "Sure?"), ("assistant", "e\u0301 yes {{ not Jinja }}")]
CONVERSATIONS = [FIRST, SPACED, FIRST + LAST, FIRST + SPACED + LAST, [SYSTEM] + FIRST, [SYSTEM] + SPACED + LAST + FIRST]


USER, ANSWER = dict(role="user", content=" Add 2 and 3. "), dict(role="assistant", content=" 5 ")


def call(*arguments, text=""):
    calls = [dict(id="a1", type="function", function=dict(name="add", arguments=value)) for value in arguments]
    return dict(role="assistant", content=text, tool_calls=calls)


def result(text, role="tool"):
    return dict(role=role, content=text)


NUMBERS = dict(a=2, b=[3, 4.5, True, None], text='ü "q" \n\u2028</')
ROWS = [
    [USER, ANSWER, dict(role="user", content="Again"), dict(role="assistant", content="5")],
    [USER, dict(role="user", content="Please."), ANSWER],
    [dict(role="system", content="Be brief."), USER, dict(role="user", content="Please."), USER, ANSWER, USER, ANSWER],
    [USER, ANSWER, dict(role="assistant", content="Sure.")],
    [USER, dict(role="assistant", content="6", weight=0), dict(role="user", content="No"), dict(ANSWER, weight=1)],
    [USER, result("5"), ANSWER],
    [USER, result("five", "function"), ANSWER],
    [USER, result("five", "ipython"), ANSWER],
    [USER, call(NUMBERS), result('{"sum": "ü\\n"}'), ANSWER],
    [USER, call(NUMBERS, {}), result("5"), result(" 6\n"), USER, ANSWER],
    [USER, call(NUMBERS, text="Adding."), result("5"), ANSWER, USER, call({})],
]
SYSTEM_PROMPTS = [[dict(role="system", content="Be brief."), USER], [dict(role="system", content="S"), USER, ANSWER, USER]]


def tokenizer(source, bos, eos):
    marks = dict(bos_token=bos) if bos else {}
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), eos_token=eos, chat_template=source, **marks)


def rendered(source, bos, eos, messages, **options):
    """The text; None where the template raises an exception."""
    try:
        return tokenizer(source, bos, eos).apply_chat_template(messages, tokenize=False, **options)
    except Exception:
        return None


def turns():
    rows = []
    for name, model, source, bos, eos, _ in VARIANTS:
        base = dict(template=name, model=model, beginningOfText=bos, endOfText=eos)
        for messages in ROWS:
            rows.append(dict(base, messages=messages, text=rendered(source, bos, eos, messages)))
        for messages in SYSTEM_PROMPTS if "Mistral" in model else []:
            text = rendered(source, bos, eos, messages, add_generation_prompt=True)
            if text is not None:
                rows.append(dict(base, messages=messages, prompt=text))
    return rows


def cases():
    for name, model, source, bos, eos, takes_system in TEMPLATES:
        for turns in CONVERSATIONS:
            if turns[0][0] == "system" and not takes_system:
                continue
            messages = [dict(role=role, content=text) for role, text in turns]
            text = tokenizer(source, bos, eos).apply_chat_template(messages, tokenize=False)
            prompt = tokenizer(source, bos, eos).apply_chat_template(
                messages[:-1], tokenize=False, add_generation_prompt=True)
            yield dict(template=name, model=model, turns=[dict(role=r, text=t) for r, t in turns],
                       beginningOfText=bos, endOfText=eos, text=text, prompt=prompt)


def main():
    sources = [dict(template=name, model=model, source=source) for name, model, source, *_ in TEMPLATES]
    golden = dict(sources=sources, cases=list(cases()))
    (HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
    variants = [dict(template=name, model=model, source=source) for name, model, source, *_ in VARIANTS]
    (HERE / "turns.json").write_text(json.dumps(dict(sources=variants, cases=turns()), indent=1) + "\n")


if __name__ == "__main__":
    main()
