import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

const internet = ['No', 'Yes', 'No internet service'];

/** A customer of the Telco sample. */
export class Customer {
  @IsString() customer_id!: string;
  @IsInt() @Min(0) @Max(1) female!: number;
  @IsInt() @Min(0) @Max(1) senior_citizen!: number;
  @IsInt() @Min(0) @Max(1) partner!: number;
  @IsInt() @Min(0) @Max(1) dependents!: number;
  @IsNumber() @Min(0) tenure!: number;
  @IsInt() @Min(0) @Max(1) phone_service!: number;
  @IsIn(['No', 'Yes', 'No phone service']) multiple_lines!: string;
  @IsIn(['DSL', 'Fiber optic', 'No']) internet_service!: string;
  @IsIn(internet) online_security!: string;
  @IsIn(internet) online_backup!: string;
  @IsIn(internet) device_protection!: string;
  @IsIn(internet) tech_support!: string;
  @IsIn(internet) streaming_tv!: string;
  @IsIn(internet) streaming_movies!: string;
  @IsIn(['Month-to-month', 'One year', 'Two year']) contract!: string;
  @IsInt() @Min(0) @Max(1) paperless_billing!: number;
  @IsIn(['Bank transfer (automatic)', 'Credit card (automatic)', 'Electronic check', 'Mailed check'])
  payment_method!: string;
  @IsNumber() @Min(0) monthly_charges!: number;
  @IsOptional() @IsNumber() @Min(0) total_charges!: number | null;
}

export class CustomerBatch {
  @IsArray() @ArrayMaxSize(1000) @ValidateNested({ each: true }) @Type(() => Customer) rows!: Customer[];
}
