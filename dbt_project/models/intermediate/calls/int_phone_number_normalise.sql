with

calls as (

    select * from {{ ref('stg_phone__call') }}

),

numbers as (

    select caller_number as number_text from calls
    where caller_number is not null
    union
    select callee_number from calls
    where callee_number is not null

),

normalised as (

    select
        number_text,
        {{ phone_number('number_text') }} as phone,
        case
            when regexp_matches(number_text, '[0-9]') and {{ phone_number('number_text') }} is null
                then number_text
        end as extension

    from numbers

)

select * from normalised
