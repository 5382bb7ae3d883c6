"""The cases of generate.py: the checkpoint of a LLaVA case, the rows, and an adapter by its PEFT settings.

`matters` lists changes to the loaded PEFT configuration that must change the logits, as in the LLaVA cases.
"""

DECODER_SEVEN = r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"

CASES = {
    "dora": dict(
        base="llama-gqa",
        rows=[(1, 7, 5), (0, 9, 4), (1, 4, 3)],
        lr=2e-3,
        adapter=dict(peft_type="LORA", use_dora=True, r=3, lora_alpha=6, target_modules=DECODER_SEVEN),
    ),
    # Biases beside the magnitudes, ranks by pattern, rank stabilisation, and the tower.
    "dora-bias-tower": dict(
        base="qwen2-bias-all",
        rows=[(1, 6, 5), (0, 7, 4), (2, 5, 3)],
        lr=2e-3,
        adapter=dict(
            peft_type="LORA",
            use_dora=True,
            use_rslora=True,
            r=2,
            lora_alpha=3,
            bias="lora_only",
            target_modules=["q_proj", "v_proj", "fc2", "down_proj"],
            rank_pattern={"layers.0.self_attn.q_proj": 4},
        ),
    ),
    "ia3": dict(
        base="qwen2-bias-all",
        rows=[(1, 6, 5), (0, 7, 4), (2, 5, 3)],
        lr=2e-3,
        adapter=dict(
            peft_type="IA3",
            target_modules=["k_proj", "v_proj", "fc1", "down_proj"],
            feedforward_modules=["down_proj"],
            modules_to_save=["multi_modal_projector.linear_2"],
        ),
    ),
    "loha": dict(
        base="llama-gqa",
        rows=[(1, 7, 5), (0, 9, 4), (1, 4, 3)],
        lr=2e-3,
        adapter=dict(
            peft_type="LOHA",
            r=2,
            alpha=6,
            target_modules=DECODER_SEVEN,
            rank_pattern={"layers.1.mlp.up_proj": 3},
            alpha_pattern={"v_proj": 2},
        ),
    ),
    # W1 and W2 whole in some layers and in two factors in others.
    "lokr": dict(
        base="llama-gqa",
        rows=[(1, 7, 5), (0, 9, 4), (1, 4, 3)],
        lr=2e-3,
        adapter=dict(peft_type="LOKR", r=1, alpha=4, decompose_both=True, target_modules=DECODER_SEVEN),
    ),
    "lokr-factor": dict(
        base="llama-gqa",
        rows=[(1, 7, 5), (0, 9, 4), (1, 4, 3)],
        lr=2e-3,
        adapter=dict(
            peft_type="LOKR",
            r=2,
            alpha=4,
            decompose_factor=4,
            init_weights="lycoris",
            target_modules=["q_proj", "k_proj", "down_proj", "linear_1"],
        ),
    ),
}
