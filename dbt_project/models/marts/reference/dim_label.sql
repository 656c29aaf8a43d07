with

labels as (

    select * from {{ ref('label') }}

),

codes as (

    select * from {{ ref('result_code') }}

),

reasons as (

    select * from {{ ref('int_dropdown_choice') }}

),

actions as (

    select * from {{ ref('call_action') }}

),

bands as (

    select
        'early_renewal_band.' || band as key,
        zh,
        en
    from {{ ref('int_early_renewal_band_resolve') }}
    where store_id = '*' and {{ as_of() }} between effective_from and effective_to
    union all
    select
        'hotline_response_band.' || band as key,
        zh,
        en
    from {{ ref('int_hotline_response_band_resolve') }}
    where store_id = '*' and {{ as_of() }} between effective_from and effective_to

),

-- codes that have a seed of their own are worded there
worded as (

    select
        'result.' || result as key,
        zh,
        en
    from codes
    union all
    select
        'loss_reason.' || code as key,
        zh,
        en
    from reasons
    where list_name = 'loss_reason'
    union all
    select
        'action.' || action as key,
        zh,
        en
    from actions
    union all
    select
        key,
        zh,
        en
    from bands

),

final as (

    select
        key,
        zh,
        en
    from labels
    union all
    select
        worded.key,
        worded.zh,
        worded.en
    from worded
    anti join labels on worded.key = labels.key

)

select * from final
