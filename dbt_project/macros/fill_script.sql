{#
    A script with its placeholders filled in from a map of facts, name to text, null if unknown. It is made of sentences
    and of [choices|in brackets], of which the first stands whose facts are all known; a sentence or a bracket without
    one is left out.
#}
{% macro fill_script(script, facts) -%}
    trim(regexp_replace(array_to_string(flatten(list_transform(
        regexp_extract_all({{ script }}, '\[[^\]]*\]|[^\[。！？.?!]*[。！？.?!]+|[^\[。！？.?!]+'),
        lambda part: list_transform(
            regexp_extract_all(
                coalesce(
                    list_filter(
                        if(part[1] = '[', string_split(part[2:-2], '|'), [part]),
                        lambda choice: len(list_filter(
                            regexp_extract_all(choice, '\{(\w+)\}', 1),
                            lambda name: {{ facts }}[name] is null
                        )) = 0
                    )[1], ''
                ), '\{\w+\}|[^{]+'
            ),
            lambda piece: if(piece[1] = '{', {{ facts }}[piece[2:-2]], piece)
        )
    )), ''), ' +', ' ', 'g'))
{%- endmacro %}
