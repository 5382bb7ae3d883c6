#!/usr/bin/env python3
"""Writes golden.json: what transformers' apply_chat_template makes of conversations, by the chat templates that the
models' authors published.

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

# Name in data.template, the source, the marks, and whether the source takes a system's turn.
TEMPLATES = [
    ("llama-2", "Llama-2-Chat", LLAMA_2, "<s>", "</s>", True),
    ("llama-3", "Llama-3-Instruct", LLAMA_3, "<|begin_of_text|>", "<|eot_id|>", True),
    ("gemma", "Gemma, Gemma 2", GEMMA, "<bos>", "<eos>", False),
    ("gemma", "Gemma 3", GEMMA_3, "<bos>", "<eos>", True),
    ("chatml", "ChatML", CHATML, "", "<|im_end|>", True),
]

SYSTEM = ("system", " Be brief.\nVery. ")
FIRST = [("user", "<image>\nWhat is in this picture? 😀"), ("assistant", "Une pomme, là-bas.")]
SPACED = [("user", "\n  <image> <image>\nThe same?\u00a0\t"), ("assistant", " \x1fNo \u2003\n")]
LAST = [("user", "Sure?"), ("assistant", "e\u0301 yes {{ not Jinja }}")]
CONVERSATIONS = [FIRST, SPACED, FIRST + LAST, FIRST + SPACED + LAST, [SYSTEM] + FIRST, [SYSTEM] + SPACED + LAST + FIRST]


def cases():
    for name, model, source, bos, eos, takes_system in TEMPLATES:
        marks = dict(bos_token=bos) if bos else {}
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer(models.BPE()), eos_token=eos, chat_template=source, **marks)
        for turns in CONVERSATIONS:
            if turns[0][0] == "system" and not takes_system:
                continue
            messages = [dict(role=role, content=text) for role, text in turns]
            text = tokenizer.apply_chat_template(messages, tokenize=False)
            prompt = tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
            yield dict(template=name, model=model, turns=[dict(role=r, text=t) for r, t in turns],
                       beginningOfText=bos, endOfText=eos, text=text, prompt=prompt)


def main():
    sources = [dict(template=name, model=model, source=source) for name, model, source, *_ in TEMPLATES]
    golden = dict(sources=sources, cases=list(cases()))
    (HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
