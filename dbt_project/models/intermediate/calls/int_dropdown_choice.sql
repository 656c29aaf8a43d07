with

codes as (

    select * from {{ ref('result_code') }}

),

reasons as (

    select * from {{ ref('int_loss_reason_resolve') }}

),

days as (

    select * from {{ ref('int_call_list_day') }}

),

-- every store's reasons in force on its list's day; the first store words a shared code
reasons_in_force as (

    select
        reasons.loss_reason as code,
        reasons.position,
        reasons.zh,
        reasons.en

    from reasons
    inner join days
        on
            reasons.store_id = days.store_id
            and days.list_for_on between reasons.effective_from and reasons.effective_to
    qualify row_number() over (partition by reasons.loss_reason order by reasons.store_id) = 1

),

together as (

    select
        'result' as list_name,
        position,
        result as code,
        zh,
        en

    from codes
    union all
    select
        'loss_reason' as list_name,
        position,
        code,
        zh,
        en

    from reasons_in_force

),

final as (

    select
        list_name,
        row_number() over (partition by list_name order by position, code) as position,
        code,
        zh,
        en

    from together

)

select * from final
