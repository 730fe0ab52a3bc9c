"""What a mission can ask for: one module here is one kind of step, found by its file name.

A module has FIELDS (its keys), SHORT (the key that a bare value is about), ONE_OF (keys of which exactly one must be
there) and lay_out(step, scope, id), which gives the parts of the program. BARE: it takes none of the common keys.
"""
